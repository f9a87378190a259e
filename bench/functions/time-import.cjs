/** Prints how long it takes to load a bundle, in milliseconds: node bench/functions/time-import.cjs FILE */
const began = process.hrtime.bigint()
require(process.argv[2])
process.stdout.write(String(Number(process.hrtime.bigint() - began) / 1e6))
