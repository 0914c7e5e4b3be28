#[test]
fn smoke() {
    println!("{}", nixpacks::nixpacks::images::DEFAULT_BASE_IMAGE);
}
