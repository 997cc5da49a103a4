/**
 * The files that are generated from code, each with the function that makes its whole text. The functions
 * import what was built, so that a generator is ordinary, tested code of a package.
 *
 * @type {{output: string, produce: () => Promise<string>}[]}
 */
const core = () => import('../packages/core/dist/index.js');
const store = () => import('../packages/store/dist/index.js');

const modules = () => import('../packages/modules/dist/index.js');

const api = () => import('../apps/api/dist/openapi/render-openapi.js');

const { exportJsonSchemas } = await core();

export const generatedFiles = [
  { output: 'docs/state-machine.md', produce: async () => (await core()).renderStateMachineDoc() },
  { output: 'docs/errors.md', produce: async () => (await core()).renderErrorsDoc() },
  { output: 'docs/rules.md', produce: async () => (await core()).renderRulesDoc() },
  { output: 'docs/configuration.md', produce: async () => (await core()).renderConfigurationDoc() },
  {
    output: 'packages/store/lua/lib/generated.lua',
    produce: async () => (await store()).renderGeneratedLua(),
  },
  { output: 'docs/openapi.json', produce: async () => (await api()).renderOpenApi() },
  {
    output: 'docs/module-contract.openapi.json',
    produce: async () => (await modules()).renderContractOpenApi(),
  },
  ...Object.entries(exportJsonSchemas()).map(([name, schema]) => ({
    output: `packages/core/schemas/${name}`,
    produce: async () => `${JSON.stringify(schema, null, 2)}\n`,
  })),
];
