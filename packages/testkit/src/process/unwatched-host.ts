/** Environment of services whose tests the machine is no matter of: it is as full and as busy as it is. */
export const UNWATCHED_HOST = {
  RESOURCE_MEMORY_THRESHOLD: '0',
  RESOURCE_CPU_THRESHOLD: '0',
  RESOURCE_DISK_THRESHOLD: '0',
};
