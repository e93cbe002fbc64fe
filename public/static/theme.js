// A file of its own and not a module: it runs before the first paint, so that a remembered theme doesn't flash the other one.
try {
  const theme = localStorage.getItem("skyrocket:theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden; then the system's theme it is.
}
