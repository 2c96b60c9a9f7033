#!/usr/bin/env node
// The command line: what the API does, by the same client.
import { main } from './cli/main.ts';

// Whoever reads may stop early, as `head` does.
process.stdout.on('error', () => process.exit());

process.exitCode = await main(process.argv.slice(2));
