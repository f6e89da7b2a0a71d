// Applies the remembered theme before the first paint; a classic script, so that it runs before the page is drawn.
// Without a remembered theme the style sheet follows the system. src/shell/theme.rs writes the preference.
try {
  const theme = localStorage.getItem("countersign.theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // Storage can be refused; the system's theme is right then.
}
