use super::{fires, silent};

const ALL: (&str, &str) = ("requirements.txt", "nicegui==3.4.0\n");

fn app(guard: &str, arguments: &str) -> String {
    format!("from nicegui import ui\n\nui.label('tides')\nif __name__ {guard}:\n    ui.run({arguments})\n")
}

#[test]
fn nicegui_behind_a_guard_that_its_second_process_does_not_pass() {
    fires("nicegui-guard", "main.py:4", &[ALL, ("main.py", &app("== '__main__'", "port=8080"))]);
    silent("nicegui-guard", &[ALL, ("main.py", &app("== '__main__'", "port=8080, reload=False"))]);
    silent("nicegui-guard", &[ALL, ("main.py", &app("in {'__main__', '__mp_main__'}", "port=8080"))]);
    silent("nicegui-guard", &[ALL, ("main.py", "from nicegui import ui\n\nui.run()\n")]);
}
