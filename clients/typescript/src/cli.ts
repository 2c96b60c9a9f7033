#!/usr/bin/env node
// The command line: what the API does, by the same client.
import { main } from './cli/main.ts';

process.exitCode = await main(process.argv.slice(2));
