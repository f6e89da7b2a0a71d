// Applies the remembered appearance before the first paint; a classic script, so that it runs before the page is drawn.
// Without a remembered theme the style sheet follows the system. src/shell/theme.rs and appearance.rs write it.
try {
  for (const name of ["theme", "density", "text", "motion"]) {
    const value = localStorage.getItem("countersign." + name);
    if (value) document.documentElement.dataset[name] = value;
  }
} catch {
  // Storage can be refused; the defaults are right then.
}
