import { register } from 'node:module';

register(new URL('./typescript-loader.js', import.meta.url));
