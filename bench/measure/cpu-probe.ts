// Loaded before a server's own code (`--import`) where the system doesn't tell one process the CPU time of another.
process.on("message", (message) => {
  if (message !== "cpu") return;
  const { user, system } = process.cpuUsage();
  process.send?.({ type: "cpu", total: user + system, user, system });
});
process.channel?.unref();
