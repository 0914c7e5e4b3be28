//! What installers are told for the time of one command. pip, and the git that it calls, by their configurations: where they ask, and where
//! pip writes down what it does.

use anyhow::{Context, Result, ensure};

use super::containers::Containers;
use super::engine::{SOON, WORK};
use super::led_lock::LedLock;
use super::live::Live;
use super::stage::stage;
use super::tunnel::Tunnel;
use crate::plan::Vars;
use crate::sandbox::mirror::route::Asking;
use crate::sandbox::reuse::Upcoming;
use crate::sandbox::store::lock::Locker;
use crate::sandbox::store::pip::Installs;

/// The most bytes of pip's log.
const MOST_LOG: usize = 64 << 20;
/// Tells pip `$1` by the first of its configurations that the image does not have; prints which one that is.
const TELL_PIP: &str = r#"
for file in /etc/pip.conf /etc/xdg/pip/pip.conf; do
  [ ! -e "$file" ] || continue
  mkdir -p /var/log "${file%/*}" && printf '[global]\n%s' "$1" > "$file" && echo "$file" && exit
done
exit 1"#;
/// What has it keep a log.
const KEEPS_LOG: &str = "log = /var/log/pip.log\n";
/// Prints pip's log, if it has kept one, and takes away what told it so.
const PIP_LOG: &str = r#"log=/var/log/pip.log
[ -f "$log" ] && [ ! -L "$log" ] && head -c "$1" "$log"
rm -f -- "$2" "$log""#;

/// Tells the git that root calls `$1`, unless it has been told something before.
const TELL_GIT: &str = r#"[ -e /root/.gitconfig ] || [ -L /root/.gitconfig ] || printf '%s' "$1" > /root/.gitconfig"#;
/// Takes away what git was told, and leaves what a command has told it; fails where one cannot be told from the other, or where a file
/// that has come since holds the mirror's address `$2`.
const LEAVE_GIT: &str = r#"
file=/root/.gitconfig
[ -f "$file" ] && [ ! -L "$file" ] || exit 1
named=$(find / -xdev -type f -cnewer "$file" ! -path "$file" -exec grep -lF -- "$2" {} + 2> /dev/null | head -n 1)
text=$(cat "$file" && echo .)
own=${text#"$1"}
if [ "$own" = . ]; then
  rm -f -- "$file"
elif [ "$own" != "$text" ]; then
  printf '%s' "${own%.}" > "$file"
else
  ! grep -qF -- "${1%%$'\n'*}" "$file"
fi && [ -z "$named" ]"#;

impl Live {
    /// Tells a pip that is about to run what it needs to know: the mirror, and to keep a log where it is watched.
    pub(super) fn lead(
        &mut self,
        upcoming: &Upcoming<'_>,
        vars: &Vars,
        installs: Option<Installs>,
        is_watched: bool,
    ) -> Result<()> {
        let Some(installs) = installs else { return Ok(()) };
        let _ = self.show_artifacts(upcoming, vars, installs);
        // What uv and PDM keep in their caches, volumes that outlive the run, would hold the mirror's addresses.
        let locker = installs.locker.filter(|locker| *locker == Locker::Pipenv);
        let installs = Installs { locker, ..installs };
        if installs == Installs::default() {
            return Ok(());
        }
        self.containers()?;
        let (argv, plan, app, folder) = (upcoming.step.argv, upcoming.step.vars, self.app.folder(), stage()?);
        let asking = Asking { argv, installs, plan, vars, app, folder: folder.path() };
        let mut index = self.front.lead(|_| Ok(()), &asking).map(str::to_owned);
        if self.front.is_led() && self.open_way().is_err() {
            self.leave_mirror();
            index = None;
        }
        let Some(Containers { current, .. }) = self.containers.get() else { return Ok(()) };
        let mut text = if is_watched && installs.pip > 0 { KEEPS_LOG.to_owned() } else { String::new() };
        text.extend(index.map(|index| format!("index-url = {index}\n")));
        if text.is_empty() {
            return Ok(());
        }
        let told = current.ask(TELL_PIP, &[&text], SOON).and_then(|answer| {
            ensure!(answer.success, "the image has pip's configurations of its own");
            Ok(answer.stdout.trim().to_owned())
        });
        if told.is_err() {
            self.leave_mirror();
        }
        self.history.told = Some(told?);
        let Some(git) = self.front.git() else { return Ok(()) };
        ensure!(self.container()?.ask(TELL_GIT, &[git], SOON)?.success, "git cannot be told where to clone from");
        Ok(())
    }

    /// Opens the way to the mirror, and puts the lock that leads there in the place of the project's.
    fn open_way(&mut self) -> Result<()> {
        let mirror = self.front.address().context("there is no mirror")?;
        let container = self.container()?;
        let tunnel = Tunnel::open(container, mirror)?;
        let (shown, app) = (self.front.shown(), self.app.folder());
        let lock = shown.map(|(copy, place)| LedLock::show(container, copy, &place, app, format!("http://{mirror}")));
        self.led_lock = lock.transpose()?;
        self.tunnel = Some(tunnel);
        Ok(())
    }

    /// Ends the way to the mirror with the command that was led there: nothing else, the app least of all, is to see who listens.
    pub(super) fn leave_mirror(&mut self) {
        self.tunnel = None;
        if let Some(lock) = self.led_lock.take() {
            let own = self.built().and_then(|container| lock.put_back(container));
            if let Some(pending) = &mut self.history.pending {
                pending.led = own;
            }
        }
        self.front.leave(self.app.folder());
    }

    /// pip's log of the command that has just run; `told` is the file that told it to keep one.
    pub(super) fn pip_log(&self, told: &str) -> Result<String> {
        let log = self.container()?.ask(PIP_LOG, &[&MOST_LOG.to_string(), told], WORK)?.stdout;
        if let Some(git) = self.front.git() {
            let mirror = self.front.address().context("there is no mirror")?.to_string();
            let left = self.container()?.ask(LEAVE_GIT, &[git, &mirror], WORK)?;
            ensure!(
                left.success,
                "what git has cloned says where the mirror was, or what git was told has been changed"
            );
        }
        ensure!(log.len() < MOST_LOG, "pip wrote down too much");
        Ok(self.front.text(log))
    }
}
