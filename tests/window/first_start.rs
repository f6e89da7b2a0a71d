//! A person opens the window for the first time.

use crate::page::Window;
use crate::stage::Stage;

/// U15: from an empty data folder to the first real result.
const MOST_CLICKS: u32 = 6;

#[test]
fn an_empty_data_folder_leads_to_a_report_in_a_few_clicks() {
    let Some(stage) = Stage::set() else { return };
    let window = Window::open(&stage);
    window.click("home-run-health-check");
    if window.shows("start-run") {
        window.click("start-run");
    }
    window.reads("run-state", "completed");
    window.see("report");
    assert!(window.clicks() <= MOST_CLICKS, "{} clicks", window.clicks());
    for stage in 1..=4 {
        let status = window.attribute(&format!("stage-{stage}"), "data-status");
        assert_eq!(status.as_deref(), Some("completed"), "stage {stage}");
    }
    window.close();
}
