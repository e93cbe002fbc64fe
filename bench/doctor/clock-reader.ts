// Tells the monotonic clock of its own process whenever it is asked. The message channel takes no bigint.
process.on("message", () => process.send?.(String(process.hrtime.bigint())));
process.on("disconnect", () => process.exit(0));
