// Loaded into a service before its own code: tells the bench what CPU the process has used, and ends with the bench.
process.on('message', () => process.send?.(process.cpuUsage()));
process.on('disconnect', () => process.exit());
// A channel alone must not keep the service from ending.
process.channel?.unref();
