//! Applications: a file is proposed, written once, listed with the place of each value, and validated.

use crate::desk::Desk;

fn desk() -> Desk {
    let desk = Desk::new();
    std::fs::create_dir_all(desk.path("Shop/.git")).unwrap();
    desk.write("Shop/Cargo.toml", "[package]\n");
    desk.write(
        "Shop/.git/config",
        "[remote \"origin\"]\n url = git@host:shop/shop.git\n",
    );
    desk
}

#[test]
fn a_file_is_proposed_and_written_only_when_asked() {
    let desk = desk();
    let repository = desk.path("Shop").display().to_string();
    let file = desk.data().join("apps/shop.app.yaml");
    let ended = desk.run(&["app", "init", &repository]);
    assert_eq!((ended.code, file.exists()), (0, false), "{ended:?}");
    assert!(
        ended
            .stdout
            .contains("repository: \"git@host:shop/shop.git\""),
        "{ended:?}"
    );
    assert!(
        ended.stdout.starts_with(
            "# It has Cargo.toml: cargo builds it.
"
        ),
        "{ended:?}"
    );
    let written = desk.run(&["app", "init", &repository, "--write"]);
    assert_eq!(written.code, 0, "{written:?}");
    let text = std::fs::read_to_string(&file).unwrap();
    let hint = ended.stdout.strip_prefix(&text).unwrap();
    assert!(hint.starts_with("# It would be written") && hint.contains("--write"));
    std::fs::write(&file, "deploy_to: /srv/mine\n").unwrap();
    let again = desk.run(&["app", "init", &repository, "--write"]);
    assert!(
        again.code != 0 && again.stderr.contains("already"),
        "{again:?}"
    );
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        "deploy_to: /srv/mine\n"
    );
    let nowhere = desk.run(&["app", "init", "https://host/a"]);
    assert!(
        nowhere.code != 0 && nowhere.stderr.contains("clone"),
        "{nowhere:?}"
    );
}

#[test]
fn applications_are_listed_with_the_place_of_each_value() {
    let desk = desk();
    let none = desk.run(&["apps"]);
    assert!(none.stdout.contains("no applications yet"), "{none:?}");
    std::fs::create_dir_all(desk.data().join("apps")).unwrap();
    let app =
        "repository: git@host:a/web.git\ndeploy_to: /srv/web\ntargets: { production: role=web }\n";
    std::fs::write(desk.data().join("apps/web.app.yaml"), app).unwrap();
    let bad = "repository: ext::sh\ndeploy_to: srv\ntargets: { production: 'role=' }\n";
    std::fs::write(desk.data().join("apps/bad.app.yaml"), bad).unwrap();
    let list = desk.run(&["apps"]);
    assert_eq!(list.code, 0);
    for part in [
        "git@host:a/web.git",
        "/srv/web",
        "production",
        "✗ bad",
        "bad.app.yaml:2:12: error",
    ] {
        assert!(list.stdout.contains(part), "{part}: {list:?}");
    }
    let (code, one) = desk.json(&["apps", "web"]);
    let settings = one["settings"].as_array().unwrap();
    let origin = |key: &str| {
        let setting = settings
            .iter()
            .find(|setting| setting["key"] == key)
            .unwrap();
        setting["origin"].as_str().unwrap().to_owned()
    };
    assert_eq!(code, 0);
    assert!(origin("deploy_to").ends_with("web.app.yaml:2"));
    assert_eq!(origin("keep"), "default");
    assert_eq!(desk.run(&["apps", "bad"]).code, 3);
    let unknown = desk.run(&["apps", "wbe"]);
    assert!(
        unknown.code != 0 && unknown.stderr.contains("bad, web"),
        "{unknown:?}"
    );
}

#[test]
fn files_of_applications_are_validated() {
    let desk = Desk::new();
    let check = |name: &str, text: &str| {
        let file = desk.write(name, text).display().to_string();
        desk.run(&["validate", &file])
    };
    let good = check("deploy.yaml", "deploy_to: /srv/a\nhooks: { build: make }\n");
    assert_eq!(good.code, 0, "{good:?}");
    assert!(good.stdout.contains("Application can be used"), "{good:?}");
    for (text, part) in [
        (
            "deploy_to: /srv/a\nkep: 3\n",
            "deploy.yaml:2:1: error: an application has no key `kep` (did you mean `keep`?",
        ),
        (
            "deploy_to: /srv/a\ntargets: { production: 'role=web,' }\n",
            "deploy.yaml:2:24: error: `targets.production`",
        ),
    ] {
        let ended = check("deploy.yaml", text);
        assert_eq!(ended.code, 3, "{ended:?}");
        assert!(ended.stdout.contains(part), "{ended:?}");
    }
    let ended = check("a.app.yaml", "deploy_to: /srv/a\nrepository: ext::id\n");
    assert!(
        ended.code == 3 && ended.stdout.contains("remote helper"),
        "{ended:?}"
    );
    let schema = desk.json(&["schema", "--application"]).1;
    assert_eq!(schema["required"], serde_json::json!(["deploy_to"]));
}
