import { Client } from 'pg';

/** For a connection, in milliseconds. */
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Connects, lets `use` work, and disconnects whatever happens. An abort breaks the connection, so that the server takes back what is
 * not committed.
 *
 * @param url with user and password; nothing else of the environment is used
 * @throws the signal's reason once it is aborted; else what the driver throws
 */
export const withConnection = async <T>(
  url: string,
  signal: AbortSignal,
  use: (client: Client) => Promise<T>,
): Promise<T> => {
  signal.throwIfAborted();
  const client = new Client({
    connectionString: url,
    application_name: 'phi',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  });
  // Without one in the URL the driver would look for one in the home directory of whoever runs the executor.
  client.password ??= '';
  // What breaks the connection fails the statement that runs; without a listener it would end the process as well.
  client.on('error', () => undefined);
  const disconnect = (): void => void client.end();
  signal.addEventListener('abort', disconnect, { once: true });
  try {
    await client.connect();
    return await use(client);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', disconnect);
    await client.end();
  }
};
