// Writes styles/tokens.css and src/kit/icons.rs from Microsoft's packages. Not part of the build: run it
// by hand when a token or an icon is added, and commit what it wrote.
//
//   (in a folder outside the repository) npm install @fluentui/tokens @fluentui/svg-icons
//   node src-ui/generate.mjs THAT_FOLDER && cargo fmt -p countersign-ui
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const packages = resolve(process.argv[2] ?? ".", "node_modules/@fluentui");
const require = createRequire(join(packages, "tokens/package.json"));
const version = (name) => JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8")).version;

// ---- icons: our name -> file of @fluentui/svg-icons (20 px) -------------------------------------------
const ICONS = {
  ADD: "add_20_regular",
  ALERT: "alert_20_regular",
  ARROW_SYNC: "arrow_sync_20_regular",
  BOT: "bot_20_regular",
  CHECKMARK: "checkmark_20_regular",
  CHEVRON_DOWN: "chevron_down_20_regular",
  CHEVRON_RIGHT: "chevron_right_20_regular",
  CHEVRON_UP: "chevron_up_20_regular",
  CLOCK: "clock_20_regular",
  COPY: "copy_20_regular",
  DARK_THEME: "dark_theme_20_regular",
  DESKTOP: "desktop_20_regular",
  DISMISS: "dismiss_20_regular",
  DOCUMENT: "document_20_regular",
  EDIT: "edit_20_regular",
  ERROR_FILLED: "error_circle_20_filled",
  EYE: "eye_20_regular",
  FLOW: "flow_20_regular",
  HAND: "hand_right_20_regular",
  HAND_FILLED: "hand_right_20_filled",
  HISTORY: "history_20_regular",
  HOME: "home_20_regular",
  HOME_FILLED: "home_20_filled",
  INFO_FILLED: "info_20_filled",
  KEYBOARD: "keyboard_20_regular",
  MORE: "more_horizontal_20_regular",
  NAVIGATION: "navigation_20_regular",
  PANEL_RIGHT: "panel_right_20_regular",
  PANEL_RIGHT_FILLED: "panel_right_20_filled",
  PERSON: "person_20_regular",
  PLAY: "play_20_regular",
  PULSE: "pulse_20_regular",
  SAVE: "save_20_regular",
  SEARCH: "search_20_regular",
  SERVER: "server_20_regular",
  SETTINGS: "settings_20_regular",
  SKIP: "skip_forward_tab_20_regular",
  STATUS_COMPLETED: "checkmark_circle_20_filled",
  STATUS_FAILED: "dismiss_circle_20_filled",
  STATUS_PENDING: "circle_20_regular",
  STATUS_SKIPPED: "subtract_circle_20_regular",
  STOP: "stop_20_regular",
  UNDO: "arrow_undo_20_regular",
  WARNING: "warning_20_regular",
  WARNING_FILLED: "warning_20_filled",
  WEATHER_MOON: "weather_moon_20_regular",
  WEATHER_SUNNY: "weather_sunny_20_regular",
};
// Drawn for Countersign: what the set does not have.
const OWN = {
  BRAND: [
    "The mark of the app (icons/icon.svg) as a one-colour glyph.",
    "M10.6 1.4a1 1 0 0 0-1.2 0C7.5 2.8 5.4 3.5 3 3.6a.95.95 0 0 0-.9 1v4.8c0 4.5 2.9 7.7 7.5 9.2.3.1.5.1.8 0 4.6-1.5 7.5-4.7 7.5-9.2V4.6a.95.95 0 0 0-.9-1c-2.4-.1-4.5-.8-6.4-2.2ZM10 2.6c2 1.3 4.3 2 6.7 2.1v4.7c0 3.9-2.4 6.6-6.7 8-4.3-1.4-6.7-4.1-6.7-8V4.7C5.700 4.6 8 3.9 10 2.600ZM14.950 7.200a.6.6 0 0 1 .070.850l-4.200 4.900a.6.6 0 0 1-.890.020L7.480 10.400a.6.6 0 0 1 .870-.830l1.990 2.090 3.770-4.400a.6.6 0 0 1 .840-.060ZM11.560 7.280a.6.6 0 0 1 .060.850l-.960 1.100-.900-.790.950-1.100a.6.6 0 0 1 .850-.060ZM4.990 9.570a.6.6 0 0 1 .850.020l1.940 2.040-.870.830-1.940-2.040a.6.6 0 0 1 .020-.850Z",
  ],
  STATUS_IN_PROGRESS: [
    "A circle whose left half is filled: the set has only the upper and lower halves.",
    "M10 2a8 8 0 1 1 0 16 8 8 0 0 1 0-16m0 1v14a7 7 0 0 0 0-14",
  ],
};

let rust = `//! The icons of the window: SVG path data on a 20 by 20 grid, drawn in the colour of the text beside them.
//! Written by generate.mjs from @fluentui/svg-icons ${version("svg-icons")} (MIT, see NOTICE); add a name there, not here.
`;
for (const [name, file] of Object.entries(ICONS)) {
  const svg = readFileSync(join(packages, "svg-icons/icons", `${file}.svg`), "utf8");
  const paths = [...svg.matchAll(/<path d="([^"]+)"/g)].map((m) => m[1]);
  if (paths.length === 0 || /<(circle|rect|g)\b/.test(svg)) throw new Error(`${file}: more than paths`);
  rust += `\n/// \`${file}\`.\npub const ${name}: &str = "${paths.join("")}";\n`;
}
for (const [name, [why, path]] of Object.entries(OWN)) rust += `\n/// ${why}\npub const ${name}: &str = "${path}";\n`;
writeFileSync(join(here, "src/kit/icons.rs"), rust);

// ---- tokens -------------------------------------------------------------------------------------------
const { webLightTheme, webDarkTheme, teamsHighContrastTheme } = require("@fluentui/tokens");
const WANTED = [
  /^borderRadius(Small|Medium|Large|XLarge|Circular)$/,
  /^fontSize(Base|Hero7)/, /^lineHeight(Base|Hero7)/, /^fontWeight(Regular|Semibold|Bold)$/,
  /^strokeWidth(Thin|Thick)$/, /^spacing(Horizontal|Vertical)(XXS|XS|SNudge|S|MNudge|M|L|XL|XXL)$/,
  /^duration/, /^curve(EasyEase|DecelerateMid|AccelerateMid)$/,
  /^shadow(2|4|8|16|28)$/,
  /^colorNeutralForeground[123](Hover|Pressed|Selected)?$/, /^colorNeutralForeground(4|Disabled|OnBrand)$/,
  /^colorBrandForegroundLink(Hover|Pressed)?$/, /^colorBrandForeground[12]$/,
  /^colorCompoundBrand(Foreground1|Background|Stroke)(Hover|Pressed)?$/,
  /^colorNeutralBackground[1-5](Hover|Pressed|Selected)?$/, /^colorNeutralBackground(6|Disabled)$/,
  /^colorSubtleBackground(Hover|Pressed|Selected)?$/, /^colorTransparent(Background|Stroke)$/,
  /^colorNeutralStencil[12]$/, /^colorBackgroundOverlay$/, /^colorBrandBackground2?(Hover|Pressed|Selected)?$/,
  /^colorNeutralCardBackground(Hover)?$/, /^colorNeutralStroke(Accessible|1)(Hover|Pressed|Selected)?$/,
  /^colorNeutralStroke[23]$/, /^colorNeutralStroke(Disabled|Subtle)$/, /^colorBrandStroke[12]$/, /^colorStrokeFocus[12]$/,
  /^colorStatus(Success|Warning|Danger)(Background[123]|Foreground[13]|ForegroundInverted|Border1|Border2|BorderActive)$/,
  /^colorStatusDangerBackground3(Hover|Pressed)$/,
];
const themed = (name) => /^(color|shadow)/.test(name);
const names = Object.keys(webLightTheme).filter((name) => WANTED.some((wanted) => wanted.test(name)));
// Type is in rem, so that the text size a person chose (the root's font size) reaches it; the root is 16 px without.
const value = (theme, name) => /^(fontSize|lineHeight)/.test(name) ? `${parseFloat(theme[name]) / 16}rem` : theme[name];
const block = (theme, keep, indent) =>
  names.filter(keep).map((name) => `${indent}--${name}: ${value(theme, name)};\n`).join("");

// The user's own colours win over ours where the system asks for it. Only system colour keywords here.
const FORCED = [
  [/^color.*Foreground(Disabled)$|^colorNeutralStrokeDisabled$/, "GrayText"],
  [/^colorBrandForegroundLink/, "LinkText"],
  [/^colorBrandBackground(?!2)|^colorCompoundBrand(Background|Stroke|Foreground)|^colorStrokeFocus2$|^color.*BorderActive$/, "Highlight"],
  [/^colorNeutralForegroundOnBrand$/, "HighlightText"],
  [/^color.*Foreground/, "CanvasText"],
  [/^colorNeutralStencil/, "GrayText"],
  [/^color.*(Stroke|Border)/, "CanvasText"],
  [/^colorBackgroundOverlay$/, "Canvas"],
  [/^color.*Background/, "Canvas"],
];
const forced = Object.fromEntries(names.filter(themed).map((name) => [name, FORCED.find(([what]) => what.test(name))?.[1] ?? "none"]));

const theme = (selector, scheme, values, indent = "") =>
  `${indent}${selector} {\n${indent}  color-scheme: ${scheme};\n${block(values, themed, indent + "  ")}${indent}}\n`;
const css = `/* Design tokens of Fluent 2: values from @fluentui/tokens ${version("tokens")}, Copyright (c) Microsoft Corporation, MIT licence
   (see NOTICE). Written by generate.mjs; add a name there, not here. This is the only file with literal colours.
   webLightTheme, webDarkTheme and teamsHighContrastTheme; data-theme on <html> chooses, without it the system does. */
:root {
  --fontFamilyBase: "Segoe UI Variable", "Segoe UI", "Noto Sans", system-ui, -apple-system, sans-serif;
  --fontFamilyMonospace: "Cascadia Mono", Consolas, "Noto Sans Mono", "DejaVu Sans Mono", ui-monospace, monospace;
${block(webLightTheme, (name) => !themed(name), "  ")}  --rowHeight: 2.5rem;
  --logLineHeight: 1.25rem;
  --controlHeight: 2rem;
}

/* Ours: what appearance changes beside colours. src/shell/appearance.rs writes the attributes. */
:root[data-density="compact"] {
  --rowHeight: 2rem;
  --logLineHeight: 1.125rem;
  --controlHeight: 1.75rem;
}

${theme(':root, :root[data-theme="light"]', "light", webLightTheme)}
${theme(':root[data-theme="dark"]', "dark", webDarkTheme)}
${theme(':root[data-theme="hc"]', "dark", teamsHighContrastTheme)}
@media (prefers-color-scheme: dark) {
${theme(":root:not([data-theme])", "dark", webDarkTheme, "  ")}}

@media (prefers-contrast: more) {
${theme(":root:not([data-theme])", "dark", teamsHighContrastTheme, "  ")}}

@media (forced-colors: active) {
${theme(":root:root:root", "light dark", forced, "  ")}}
`;
writeFileSync(join(here, "styles/tokens.css"), css);
console.log(`${Object.keys(ICONS).length + Object.keys(OWN).length} icons, ${names.length} tokens`);
