/** An engine that finds at its start what a person must mend, and says so. */
process.stderr.write('The data folder is read-only\n');
process.exit(78);
