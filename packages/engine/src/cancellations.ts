/** Who is told when an execution that runs here is asked to stop. */
export class Cancellations {
  private readonly watchers = new Map<string, () => void>();

  /**
   * @param stop - called at most once, and not any more after what is returned was called
   * @returns ends the watch
   */
  watch(executionId: string, stop: () => void): () => void {
    this.watchers.set(executionId, stop);
    return () => {
      if (this.watchers.get(executionId) === stop) this.watchers.delete(executionId);
    };
  }

  /** Says that an execution is to stop; nothing where it does not run here. */
  announce(executionId: string): void {
    const stop = this.watchers.get(executionId);
    this.watchers.delete(executionId);
    stop?.();
  }
}
