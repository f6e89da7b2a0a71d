// Only in builds for tests: keeps what the browser complains about, from before the first line of the page on.
window.__seen = { violations: [], errors: [] };
document.addEventListener("securitypolicyviolation", (event) => {
  window.__seen.violations.push(`${event.effectiveDirective}: ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
});
addEventListener("error", (event) => window.__seen.errors.push(String(event.message)));
addEventListener("unhandledrejection", (event) => window.__seen.errors.push(String(event.reason?.stack ?? event.reason)));
for (const level of ["error", "warn"]) {
  const before = console[level];
  console[level] = (...what) => {
    window.__seen.errors.push(`${level}: ${what.map(String).join(" ")}`);
    before.apply(console, what);
  };
}
