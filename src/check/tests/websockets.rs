use super::{fires, silent};

const ID: &str = "websockets-not-served";
const NEEDS: (&str, &str) = ("requirements.txt", "django==5.2\nchannels==4.3\ngunicorn==23.0\ndaphne==4.2.3\n");
const SETTINGS: (&str, &str) = ("tide/settings.py", "WSGI_APPLICATION = 'tide.wsgi.application'\n");
const ROUTES: (&str, &str) =
    ("tide/asgi.py", "application = ProtocolTypeRouter({\n    \"http\": plain,\n    \"websocket\": routes,\n})\n");

#[test]
fn channels_want_a_server_that_speaks_websockets() {
    let manage = ("manage.py", "");
    let found = fires(ID, "tide/asgi.py:3", &[NEEDS, manage, SETTINGS, ROUTES]);
    assert!(found.help.unwrap().contains("tide.asgi:application"));
    let daphne = ("Procfile", "web: daphne -b 0.0.0.0 -p $PORT tide.asgi:application\n");
    silent(ID, &[NEEDS, manage, SETTINGS, ROUTES, daphne]);
    silent(ID, &[NEEDS, manage, SETTINGS, ("tide/asgi.py", "application = get_asgi_application()\n")]);
}
