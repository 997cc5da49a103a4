// Tests that start whole processes: jest has a timeout for all projects or for a file, not for one project.
import { jest } from '@jest/globals';

jest.setTimeout(180_000);
