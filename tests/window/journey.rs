//! One journey through everything: a host is registered by keys alone, over a real ssh server. Each of its questions
//! finds the person on the desktop, is answered in two actions from there, and outlives the window and the program.

use std::fs;

use crate::host::{Host, QUESTIONS, with_managed_file};
use crate::keyboard::{Hands, by};
use crate::native::{TITLE, Tray};
use crate::process::{until, until_else};
use crate::shelf::{ALL, Heard, Shop};
use crate::stage::Stage;
use crate::x11::Display;

/// Waits for the one notification, among those after the first so many messages, that asks this; gives its number.
fn notified(shop: &Shop, after: usize, question: &str) -> u32 {
    let asks = || {
        let heard = shop.heard().split_off(after);
        let numbers: Vec<u32> = heard
            .iter()
            .filter_map(|one| match one {
                Heard::Shown { number, body, .. } if body.contains(question) => Some(*number),
                Heard::Shown { .. } | Heard::Closed(_) => None,
            })
            .collect();
        assert!(numbers.len() < 2, "one question, several times: {heard:?}");
        numbers.first().copied()
    };
    until_else(60, asks, || {
        format!("“{question}” is notified, not only {:?}", shop.titles())
    })
}

/// Two actions, from wherever the person is: a click on the notification, and the key.
fn approve(hands: &Hands<'_>, shop: &Shop, number: u32, question: &str) {
    shop.click(number);
    hands.window.reads("#main [data-testid=card]", question);
    hands.focus_is_in(&by("card"));
    hands.window.has("card", "data-armed", "true");
    hands.press(&["Control", "Enter"]);
    until("its notification is closed", 30, || {
        shop.heard().contains(&Heard::Closed(number)).then_some(())
    });
}

#[test]
fn a_host_comes_into_the_fleet_in_spite_of_everything() {
    let Some(stage) = Stage::set() else { return };
    let Some(host) = Host::start(&stage, &[]) else {
        return;
    };
    let on_host = with_managed_file(&stage);
    let (shop, _tray) = (Shop::open(stage.bus(), &ALL), Tray::on(&stage));
    let mut display = Display::open(stage.display());
    let [trust, register, apply] = QUESTIONS;

    let hands = Hands::on(&stage);
    hands.ask_to_add(&host, "web-01");
    let number = notified(&shop, 0, trust);
    assert_eq!(
        host.server.logins(),
        0,
        "logged in before the key was trusted"
    );
    hands.command("settings");
    approve(&hands, &shop, number, trust);

    // The window is closed, the program killed while it stands in the tray, and started again.
    let first = notified(&shop, 0, register);
    hands.window.reads("card", register);
    hands.window.see("card-digest");
    let card = hands.window.card();
    let window = until("the window is there", 30, || display.visible(TITLE));
    display.ask_to_close(window);
    until("the window is hidden", 30, || {
        display.visible(TITLE).is_none().then_some(())
    });
    let before = shop.heard().len();
    hands.window.kill();
    let hands = Hands::on(&stage);
    let again = notified(&shop, before, register);
    assert_ne!(first, again);
    hands.command("settings");
    shop.click(again);
    hands.window.see("card-digest");
    assert_eq!(hands.window.card(), card, "another card than before");
    hands.command("settings");
    approve(&hands, &shop, again, register);

    let number = notified(&shop, before, apply);
    assert!(!on_host.exists(), "written before anybody was asked");
    hands.command("settings");
    approve(&hands, &shop, number, apply);
    hands.window.run_is("completed");
    hands.focus_is_kept("the run");
    assert_eq!(fs::read_to_string(&on_host).unwrap().trim(), "managed");
    hands.command("agents");
    hands.window.reads("[aria-label=Agents]", "web-01");
    hands.close();
}
