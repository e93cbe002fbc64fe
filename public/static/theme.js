// A separate script, not a module: it runs before the first paint, so that the saved theme doesn't flash the other one.
try {
  const theme = localStorage.getItem("skyrocket:theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden. Then the system's theme applies.
}
