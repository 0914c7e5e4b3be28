//! What a verdict of this backend does not cover.

use super::engine::Engine;
use super::options::Options;
use crate::plan::Plan;
use crate::sandbox::Unverified;

/// Caches of which no app reads.
const OF_INSTALLERS: &[&str] = &["/root/.cache/pip", "/root/.cache/uv"];

/// The app may reach services of the engine's machine, for that reason.
pub(super) fn open_network(why: &str) -> Unverified {
    Unverified {
        what: "network".to_owned(),
        why: format!(
            "services of the engine's machine that listen on its network, and other containers on it, are within reach of the app ({why}); an app that is \
             seen to use one is told so, and --offline keeps them out"
        ),
    }
}

/// An engine's machine that is not this one has addresses that nobody here knows.
pub(super) fn elsewhere(engine: &Engine) -> Unverified {
    Unverified {
        what: "network".to_owned(),
        why: format!(
            "the {} engine is on another machine, and services there are within reach of the app by addresses that are not its gateway's; \
             --offline keeps them out",
            engine.name()
        ),
    }
}

/// What is not reproduced for a plan.
pub(super) fn of(plan: &Plan, options: &Options) -> Vec<Unverified> {
    let own = plan.start.as_ref().filter(|start| start.files.is_none());
    let run_image = own.and_then(|start| start.image.as_ref());
    let given =
        [(&options.base_image, "buildImage", "--base-image"), (&options.run_image, "runtime image", "--run-image")];
    let image = given.into_iter().filter_map(|(image, what, option)| {
        Some(Unverified {
            what: format!("{what}: {}", image.as_ref()?),
            why: format!("{option} stands in for the plan's image"),
        })
    });
    let run = run_image.map(|image| Unverified {
        what: format!("start.runImage: {image}"),
        why: "the app was started in the build image; in the cloud only /app and the certificates reach the run image"
            .into(),
    });
    // An image that runs apart from the build's has none of them.
    let caches = if own.is_some() { plan.caches() } else { Vec::new() };
    let caches = caches.into_iter().filter(|cache| !OF_INSTALLERS.contains(&cache.as_str())).map(|cache| Unverified {
        what: format!("the cache {cache}"),
        why: "a container has its caches all the time: what the build puts there is in no image of the cloud, and is found here when the app starts"
            .into(),
    });
    image.chain(run).chain(caches).collect()
}
