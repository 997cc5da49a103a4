// Kills what its parent leaves behind. The parent writes `+<pid>` when it starts a process group and
// `-<pid>` when that group has ended; when the pipe closes, because the parent ended in whatever way,
// every group still on the list gets SIGKILL.
import { createInterface } from 'node:readline';

const groups = new Set();

for await (const line of createInterface({ input: process.stdin })) {
  const pid = Number(line.slice(1));
  if (!Number.isInteger(pid) || pid <= 1) continue;
  if (line.startsWith('+')) groups.add(pid);
  else groups.delete(pid);
}

for (const pid of groups) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') process.stderr.write(`watchdog: ${pid}: ${error.message}\n`);
  }
}
