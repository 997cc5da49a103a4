import { StubServer } from './stub-server.js';

const [port, memory] = process.argv.slice(2);
await new StubServer(memory).listen(Number(port));
process.stdout.write('listening\n');
