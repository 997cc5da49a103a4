// An executor whose bodies do nothing, as a process that can be killed: REDIS_URL, PHI_NAMESPACE, EXECUTOR_ID, BODIES, LEASE_MS; with DIES_AT
// it kills itself when it carries a release on for that time.
import { Cancellations, ExecutorRoom, executorStop, runAttempt, Vitals } from '@phi/engine';
import { ExecutionWorker } from '@phi/queues';
import { openServices, readEnvironment, waitForRedis } from '@phi/service';
import { createLogger } from '@phi/telemetry';

const { REDIS_URL, PHI_NAMESPACE, EXECUTOR_ID, BODIES, LEASE_MS, DIES_AT } = process.env;
const RENEWED_EACH_MS = 1000;

const read = readEnvironment({ REDIS_URL, PHI_NAMESPACE });
const { services, redis } = openServices(read.environment, createLogger('executor', 'error'));
await waitForRedis(redis);
if (DIES_AT !== undefined) {
  const { executions } = services;
  const advance = executions.advance.bind(executions);
  let times = 0;
  executions.advance = () => {
    const answer = advance();
    // Some calls reach Redis, others do not.
    if (++times === Number(DIES_AT)) setImmediate(() => process.kill(process.pid, 'SIGKILL'));
    return answer;
  };
}
const UNLIMITED = { cpu_cores: null, memory_mb: null, disk_mb: null, network_bandwidth_mbps: null };
const achieved = { records_processed: 0, records_failed: 0, metrics: {}, outputs: {} };
const context = {
  services,
  runner: { run: async () => ({ kind: 'succeeded', achieved }), canResume: () => true },
  executor_id: EXECUTOR_ID,
  signal: executorStop().signal,
  cancellations: new Cancellations(),
  room: new ExecutorRoom(Number(BODIES), UNLIMITED),
  vitals: new Vitals(services.clock),
};
await services.leases.register({
  executor_id: EXECUTOR_ID,
  lease_ms: Number(LEASE_MS),
  places: Number(BODIES),
  information: {},
});
setInterval(() => void services.leases.renew(EXECUTOR_ID, Number(LEASE_MS)), RENEWED_EACH_MS);
new ExecutionWorker({
  redisUrl: REDIS_URL,
  namespace: PHI_NAMESPACE,
  concurrency: Number(BODIES),
  pools: [],
  onDelivery: (executionId) => runAttempt(context, executionId),
  onError: (error) => process.stderr.write(`${error.message}\n`),
});
process.stdout.write('ready\n');
