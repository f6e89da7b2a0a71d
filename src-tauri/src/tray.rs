//! The icon in the tray: how many decisions wait, a way to each of them, and the way out. Trays of Linux tell no clicks
//! and some desktops have none: nothing can be done only here.

use std::time::Duration;

use tauri::menu::{Menu, MenuItem, PredefinedMenuItem};
use tauri::tray::{TrayIcon, TrayIconBuilder};
use tauri::{AppHandle, Manager as _, Runtime};
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;
use workflow::RunId;

use crate::desktop::Desktop;
use crate::links::page_of;
use crate::notify::shown;
use crate::waiting::{Question, Waiting};
use crate::window;

/// At most so many questions have an item of their own.
const SINGLY: usize = 5;

/// A tray that is gone may come back: panels are started anew.
const BACK: Duration = Duration::from_secs(10);

const OPEN: &str = "open";
const QUIT: &str = "quit";
/// What the name of an item that opens a card begins with.
const RUN: &str = "run/";

/// An item: its name, and its words.
type Item = (String, String);

/// What the menu says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Words {
    count: usize,
    cards: Vec<Item>,
}

impl Words {
    fn of(questions: &[Question]) -> Self {
        let card = |one: &Question| {
            let label = format!("{}: {}", shown(&one.title), shown(&one.words));
            // In menus a single one underlines the letter after it.
            (format!("{RUN}{}", one.run), label.replace('&', "&&"))
        };
        let mut cards: Vec<Item> = questions.iter().take(SINGLY).map(card).collect();
        if let Some(more) = questions.len().checked_sub(SINGLY).filter(|&more| more > 0) {
            cards.push((OPEN.to_owned(), format!("{more} more…")));
        }
        Self {
            count: questions.len(),
            cards,
        }
    }

    fn title(&self) -> Option<String> {
        (self.count > 0).then(|| self.count.to_string())
    }

    fn tooltip(&self) -> String {
        match self.count {
            0 => "Countersign: no decision is waiting".to_owned(),
            1 => "Countersign: 1 decision is waiting".to_owned(),
            count => format!("Countersign: {count} decisions are waiting"),
        }
    }
}

/// Shows the icon wherever there is a tray, and keeps it right, until the program ends.
pub(crate) async fn keep<R: Runtime>(
    app: AppHandle<R>,
    mut host: watch::Receiver<Result<(), String>>,
    mut waiting: watch::Receiver<Waiting>,
) {
    let mut icon: Option<TrayIcon<R>> = None;
    let mut said: Option<Words> = None;
    loop {
        let there = host.borrow_and_update().clone();
        let words = Words::of(&waiting.borrow_and_update().questions);
        if there.is_ok() && said.as_ref() != Some(&words) {
            let done = match &icon {
                Some(icon) => update(&app, icon, &words),
                None => build(&app, &words).map(|built| icon = Some(built)),
            };
            match done {
                Ok(()) => said = Some(words),
                Err(why) => {
                    let why = format!("The icon cannot be shown: {why}");
                    app.state::<Desktop>().tray_is(Err(why));
                    // What fails once fails again: the window does the same work.
                    return window::surface(&app);
                }
            }
        }
        let here = there.is_ok();
        app.state::<Desktop>().tray_is(there);
        if here {
            tokio::select! {
                changed = host.changed() => if changed.is_err() { return },
                changed = waiting.changed() => if changed.is_err() { return },
            }
        } else {
            match timeout(BACK, host.changed()).await {
                Ok(Ok(())) => {}
                // There will be none.
                Ok(Err(_)) => return window::surface(&app),
                Err(_) => {
                    // Without a tray a hidden window could not be found again.
                    window::surface(&app);
                    if host.changed().await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}

fn build<R: Runtime>(app: &AppHandle<R>, words: &Words) -> tauri::Result<TrayIcon<R>> {
    let mut icon = TrayIconBuilder::with_id("countersign")
        .tooltip(words.tooltip())
        .menu(&menu(app, words)?)
        .on_menu_event(|app, event| chosen(app, event.id().as_ref()));
    if let Some(title) = words.title() {
        icon = icon.title(title);
    }
    if let Some(image) = app.default_window_icon() {
        icon = icon.icon(image.clone());
    }
    icon.build(app)
}

fn update<R: Runtime>(app: &AppHandle<R>, icon: &TrayIcon<R>, words: &Words) -> tauri::Result<()> {
    icon.set_menu(Some(menu(app, words)?))?;
    icon.set_title(words.title())?;
    icon.set_tooltip(Some(words.tooltip()))
}

fn menu<R: Runtime>(app: &AppHandle<R>, words: &Words) -> tauri::Result<Menu<R>> {
    let item = |id: &str, label: &str| MenuItem::with_id(app, id, label, true, None::<&str>);
    let menu = Menu::new(app)?;
    menu.append(&item(OPEN, "Open Countersign")?)?;
    menu.append(&PredefinedMenuItem::separator(app)?)?;
    for (id, label) in &words.cards {
        menu.append(&item(id, label)?)?;
    }
    if !words.cards.is_empty() {
        menu.append(&PredefinedMenuItem::separator(app)?)?;
    }
    menu.append(&item(QUIT, "Quit")?)?;
    Ok(menu)
}

fn chosen<R: Runtime>(app: &AppHandle<R>, item: &str) {
    match (item, item.strip_prefix(RUN)) {
        (_, Some(run)) => window::go(app, Some(page_of(&RunId(run.to_owned())))),
        (QUIT, None) => app.exit(0),
        (_, None) => window::go(app, None),
    }
}

/// Is there a tray? Says so whenever it changes. An icon without a host would be drawn nowhere.
#[cfg(target_os = "linux")]
pub(crate) async fn watch_host(bus: Option<String>, said: watch::Sender<Result<(), String>>) {
    if let Err(why) = library().await {
        let _ = said.send_replace(Err(why));
        return;
    }
    loop {
        let why = match follow_host(bus.as_deref(), &said).await {
            Ok(()) => "the message bus has ended".to_owned(),
            Err(why) => fleet::visible(&why.to_string(), 200),
        };
        let _ = said.send_replace(Err(no_host(&why)));
        if timeout(BACK, said.closed()).await.is_ok() {
            return;
        }
    }
}

/// Elsewhere there always is one.
#[cfg(not(target_os = "linux"))]
pub(crate) async fn watch_host(_: Option<String>, said: watch::Sender<Result<(), String>>) {
    let _ = said.send_replace(Ok(()));
    said.closed().await;
}

/// The library that draws the icon is looked for while the program runs, and its binding panics without it: better in
/// a thread of its own than under the icon.
#[cfg(target_os = "linux")]
async fn library() -> Result<(), String> {
    let (tell, told) = oneshot::channel();
    std::thread::spawn(move || {
        let _there = &*libappindicator_sys::LIB;
        let _ = tell.send(());
    });
    told.await.map_err(|_| {
        "The library of the tray is missing: apt-get install libayatana-appindicator3-1, then start Countersign again"
            .to_owned()
    })
}

/// Until the bus ends (StatusNotifierItem, the watcher's name as KDE and all others have it).
#[cfg(target_os = "linux")]
async fn follow_host(
    bus: Option<&str>,
    said: &watch::Sender<Result<(), String>>,
) -> zbus::Result<()> {
    use futures_util::StreamExt as _;
    const WATCHER: &str = "org.kde.StatusNotifierWatcher";
    let bus = crate::notify::bus::connect(bus).await?;
    let names = zbus::fdo::DBusProxy::new(&bus).await?;
    let mut owners = names
        .receive_name_owner_changed_with_args(&[(0, WATCHER)])
        .await?;
    let name = WATCHER.try_into().map_err(zbus::Error::from)?;
    let mut there = names.name_has_owner(name).await?;
    loop {
        let now = if there { Ok(()) } else { Err(no_host("")) };
        said.send_if_modified(|before| {
            let changed = *before != now;
            *before = now;
            changed
        });
        match owners.next().await {
            Some(change) => there = change.args()?.new_owner().is_some(),
            None => return Ok(()),
        }
    }
}

#[cfg(target_os = "linux")]
fn no_host(why: &str) -> String {
    let because = if why.is_empty() {
        String::new()
    } else {
        format!(" ({why})")
    };
    format!(
        "This desktop has no tray{because}; closing the window ends the program. GNOME has one with the extension \
         AppIndicator"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::waiting::{What, tests::gate};

    fn question(run: &str, words: &str) -> Question {
        Question {
            run: RunId(run.to_owned()),
            what: What::Gate(gate("a")),
            revision: 1,
            title: "Deploy".to_owned(),
            words: words.to_owned(),
            since_us: 0,
        }
    }

    #[test]
    fn the_menu_counts_and_leads_to_cards() {
        let none = Words::of(&[]);
        assert_eq!((none.title(), none.cards.len()), (None, 0));
        let one = Words::of(&[question("r1", "May a & b\u{202e} go on?")]);
        assert_eq!(one.title().as_deref(), Some("1"));
        assert_eq!(one.tooltip(), "Countersign: 1 decision is waiting");
        let card = (
            "run/r1".to_owned(),
            "Deploy: May a && b<U+202E> go on?".to_owned(),
        );
        assert_eq!(one.cards, [card]);
        let list: Vec<Question> = (0..7).map(|at| question(&format!("r{at}"), "?")).collect();
        let many = Words::of(&list);
        assert_eq!(many.cards.len(), SINGLY + 1);
        assert_eq!(
            many.cards[SINGLY],
            ("open".to_owned(), "2 more…".to_owned())
        );
        assert_eq!(Words::of(&list[..5]).cards.len(), 5);
    }
}
