// Tests that start whole processes: jest has a timeout for all projects or for a file, not for one project.
import { jest } from '@jest/globals';

// They only end what hangs: several times what a slow machine takes.
jest.setTimeout(300_000);
// Read by the test kit.
process.env.PHI_TEST_DEADLINE_MS = '60000';
