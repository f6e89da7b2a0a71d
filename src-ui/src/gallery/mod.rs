//! Every part of the kit on one page, for looking at it in every theme and for the tests that look at it too.
//! Only in development builds and with the feature `gallery`; it is not a screen of the product.

pub mod forms;
pub mod lists;
pub mod overlays;
pub mod parts;

use leptos::prelude::*;

use crate::kit::{Badge, Button, PageHead, Tone};
use forms::FormParts;
use lists::ListParts;
use overlays::{ChoosingParts, OverlayParts};
use parts::{ActionParts, MessageParts, StateParts, TextParts};

/// The page.
#[component]
pub fn Gallery() -> impl IntoView {
    view! {
        <PageHead
            title="Gallery"
            meta="Every part of the kit"
            actions=|| view! { <Badge tone=Tone::Brand>"development"</Badge><Button>"An action"</Button> }
        />
        <div class="gallery">
            <ActionParts/>
            <StateParts/>
            <FormParts/>
            <OverlayParts/>
            <ChoosingParts/>
            <ListParts/>
            <MessageParts/>
            <TextParts/>
        </div>
    }
}
