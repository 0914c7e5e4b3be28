use super::{fires, silent};

const ID: &str = "sessions-in-several-processes";
const LIST: (&str, &str) = ("requirements.txt", "flask-socketio\ngunicorn\n");
const APP: (&str, &str) = (
    "main.py",
    "from flask import Flask\nfrom flask_socketio import SocketIO\napp = Flask(__name__)\nsocketio = SocketIO(app)\n",
);

#[test]
fn sessions_of_socket_io() {
    fires(ID, "Procfile:1", &[LIST, APP, ("Procfile", "web: gunicorn -w 4 --threads 10 main:app\n")]);
    fires(ID, "Procfile:1", &[LIST, APP, ("Procfile", "web: gunicorn --workers=2 main:app\n")]);
    silent(ID, &[LIST, APP, ("Procfile", "web: gunicorn -w 1 --threads 100 main:app\n")]);
    silent(ID, &[LIST, APP, ("Procfile", "web: gunicorn main:app\n")]);
    let flask = ("main.py", "from flask import Flask\napp = Flask(__name__)\n");
    silent(ID, &[LIST, flask, ("Procfile", "web: gunicorn -w 4 main:app\n")]);
}
