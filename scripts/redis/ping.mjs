import { connect as connectPlain } from 'node:net';
import { connect as connectTls } from 'node:tls';

/**
 * Asks a Redis whether it answers, without a client library: the scripts need this before anything is
 * installed.
 *
 * @param {string} url `redis://` or `rediss://`, with user and password where needed
 * @param {number} timeoutMs
 * @returns {Promise<string | undefined>} why it does not answer, or undefined when it does
 */
export function pingProblem(url, timeoutMs = 3_000) {
  const target = parse(url);
  if (typeof target === 'string') return Promise.resolve(target);
  return new Promise((resolve) => {
    const open = target.tls ? connectTls : connectPlain;
    const socket = open({ host: target.host, port: target.port, servername: target.host });
    let received = '';
    const done = (problem) => {
      socket.destroy();
      resolve(problem);
    };
    socket.setTimeout(timeoutMs, () => done(`no answer within ${timeoutMs} ms`));
    socket.on('error', (error) => done(error.code ?? error.message));
    socket.on('close', () => done('the connection was closed'));
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      const refused = /^-(.*)\r\n/mu.exec(received);
      if (refused) done(refused[1]);
      else if (received.includes('+PONG\r\n')) done(undefined);
    });
    socket.write(target.greeting);
  });
}

function parse(url) {
  if (!URL.canParse(url)) return 'it is not a URL such as redis://127.0.0.1:6379';
  const { protocol, hostname, port, username, password } = new URL(url);
  if (protocol !== 'redis:' && protocol !== 'rediss:') {
    return `its scheme is ${protocol}// where redis:// or rediss:// is accepted`;
  }
  const words = [decodeURIComponent(username), decodeURIComponent(password)].filter(Boolean);
  const auth = password === '' ? '' : command(['AUTH', ...words]);
  return {
    host: hostname.replace(/^\[|\]$/gu, '') || '127.0.0.1',
    port: Number(port || 6379),
    tls: protocol === 'rediss:',
    greeting: auth + command(['PING']),
  };
}

function command(words) {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return `*${words.length}\r\n${parts.join('')}`;
}
