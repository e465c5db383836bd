//! Tells cargo which folders are compiled in, so that a new file in one of them is noticed. (askama does so by itself.)

fn main() {
    for folder in ["migrations", "static", "templates/texts"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
