/** Imported before any schema is made: zod would try `new Function`, which the window's policy forbids and reports. */
import { config } from 'zod';

config({ jitless: true });
