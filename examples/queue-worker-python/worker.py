"""A worker in Python for a Phi module of kind `queue`: takes stages from a BullMQ queue and returns their results."""

import asyncio
import os
import signal

from bullmq import Worker

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")
NAMESPACE = os.environ.get("PHI_NAMESPACE", "default")
QUEUE = os.environ.get("QUEUE", "word-count")


async def process(job, token):
    """One stage: job.data is its whole call, what is returned is its result."""
    text = job.data["parameters"].get("text")
    if not isinstance(text, str):
        # A code at the beginning of the message has the failure classified: this one is not retried.
        raise ValueError("EXEC_005_INVALID_CONFIG: parameters.text: is not a text; accepted: a text")
    words = text.split()
    await job.updateProgress({"records": len(words)})
    return {
        "records_processed": len(words),
        "records_failed": 0,
        "outputs": {"longest": max(words, key=len, default="")},
    }


async def main():
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    options = {"connection": REDIS_URL, "prefix": "{phi-queues:" + NAMESPACE + "}"}
    worker = Worker(QUEUE, process, options)
    print(f"waiting for stages on {QUEUE}", flush=True)
    await stop.wait()
    # What is under way comes to its end.
    await worker.close()


asyncio.run(main())
