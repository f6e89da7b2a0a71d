//! The frame around every screen: title bar, navigation, the slot of the waiting banner, the right rail, and the keys
//! that move between them. What stands in the slots is not known here.

pub mod appearance;
pub mod banner;
mod focus;
pub mod frame;
pub mod nav;
pub mod palette;
pub mod rail;
mod regions;
pub mod route;
mod sheet;
pub mod shortcuts;
pub mod theme;
pub mod title_bar;

pub use appearance::{AppearancePanel, AppearanceState};
pub use banner::WaitingBanner;
pub use frame::Shell;
pub use nav::NavItem;
pub use palette::{Command, Run};
pub use rail::RailState;
pub use route::Route;
pub use theme::{Theme, ThemeState};
