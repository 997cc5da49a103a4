-- Generated from the transition table in @phi/core and the record layout of this package. Do not edit.

local generated = {
  schema_version = 1,
  default_global_limit = 50,
  ledger_entries_kept = 1000,
  execution_id_length = 24,
  fields = { 'schema_version', 'execution_id', 'job_id', 'status', 'revision', 'run_id', 'pass', 'plan_id', 'job_revision', 'job_type', 'resource_pool', 'priority', 'trigger_type', 'trigger_id', 'scheduled_time', 'created_time', 'queued_time', 'started_time', 'completed_time', 'not_before', 'attempt_number', 'lost_attempts', 'parent_execution_id', 'retried_by', 'order_score', 'executor_id', 'nonce', 'fence', 'manual', 'propagate', 'ignore_dependencies', 'has_edges', 'edges_met', 'edges_unmet', 'releasing', 'outcome_seq', 'reason', 'parameters', 'result', 'history', 'hold', 'line', 'depth', 'cancel', 'cascade', 'published' },
  fields_of_a_chain = { 'job_id', 'run_id', 'pass', 'plan_id', 'job_revision', 'job_type', 'resource_pool', 'priority', 'trigger_type', 'trigger_id', 'scheduled_time', 'order_score', 'manual', 'propagate', 'ignore_dependencies', 'has_edges', 'edges_met', 'edges_unmet', 'parameters', 'line', 'depth', 'published' },
  terminal = { COMPLETED = true, FAILED = true, TIMEOUT = true, CANCELLED = true },
  transitions = {
    PENDING = {
      ENQUEUE = { to = 'QUEUED', guard = 'none' },
      SKIP = { to = 'CANCELLED', guard = 'none' },
      ABANDON = { to = 'CANCELLED', guard = 'none' },
      CANCEL = { to = 'CANCELLED', guard = 'none' },
    },
    QUEUED = {
      CANCEL = { to = 'CANCELLED', guard = 'none' },
      CLAIM = { to = 'RUNNING', guard = 'none' },
      EXPIRE = { to = 'TIMEOUT', guard = 'none' },
    },
    RUNNING = {
      SUCCEED = { to = 'COMPLETING', guard = 'fence' },
      FAIL = { to = 'FAILED', guard = 'fence' },
      TIME_OUT = { to = 'FAILED', guard = 'fence' },
      LOSE = { to = 'FAILED', guard = 'lease_expired' },
      CONFIRM_CANCEL = { to = 'CANCELLED', guard = 'fence_or_lease_expired' },
    },
    COMPLETING = {
      COMPLETE = { to = 'COMPLETED', guard = 'fence_or_lease_expired' },
      REJECT = { to = 'FAILED', guard = 'fence_or_lease_expired' },
    },
  },
}
