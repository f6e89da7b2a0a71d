// Starts the app, and says what happened where it cannot start: a blank window tells nobody anything.
try {
  const { default: start } = await import("./app.js");
  await start({ module_or_path: new URL("./app_bg.wasm", import.meta.url) });
} catch (error) {
  const boot = document.getElementById("boot");
  if (boot) {
    const what = document.createElement("h1");
    what.textContent = "The window could not start";
    const why = document.createElement("p");
    why.textContent = "Its program did not load. Close Countersign and open it again: nothing of a run is lost. If this stays, install it again.";
    const detail = document.createElement("pre");
    detail.className = "detail";
    detail.textContent = String(error?.stack ?? error);
    boot.className = "boot-failed stack";
    boot.setAttribute("role", "alert");
    boot.replaceChildren(what, why, detail);
  }
  throw error;
}
