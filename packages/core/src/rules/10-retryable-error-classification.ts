import type { ErrorCategory } from '../errors/error-category.js';
import { matchesErrorCode } from '../errors/index.js';

export interface ErrorClassification {
  readonly category: ErrorCategory;
  readonly retryable: boolean;
}

export interface ClassificationRules {
  readonly retryable_errors: readonly string[];
  readonly non_retryable_errors: readonly string[];
  readonly transient_codes: readonly string[];
  readonly permanent_codes: readonly string[];
  readonly default_category: ErrorCategory;
}

/**
 * Whether a failure is worth another attempt (specification: Rule 10, Retryable Error Classification): what the policy excludes;
 * then, where it lists any, only what it lists; then the configured codes; then the configured default.
 *
 * A time-out keeps its category, but is retried only where those say so.
 */
export function retryableErrorClassification(code: string, rules: ClassificationRules): ErrorClassification {
  const among = (patterns: readonly string[]): boolean =>
    patterns.some((pattern) => matchesErrorCode(pattern, code));
  const configured = configuredCategory(rules, among);
  const category = matchesErrorCode('TIMEOUT', code) ? 'TIMEOUT' : configured;
  if (among(rules.non_retryable_errors)) return { category: 'PERMANENT', retryable: false };
  if (rules.retryable_errors.length > 0) return { category, retryable: among(rules.retryable_errors) };
  return { category, retryable: configured !== 'PERMANENT' };
}

function configuredCategory(
  rules: ClassificationRules,
  among: (patterns: readonly string[]) => boolean,
): ErrorCategory {
  if (among(rules.transient_codes)) return 'TRANSIENT';
  if (among(rules.permanent_codes)) return 'PERMANENT';
  return rules.default_category;
}
