//! A suite as an Indexed Job of Kubernetes: a manifest, held valid, and never said to have run anywhere.

use anyhow::Result;
use serde_json::json;

/// What a Job of a suite is made of.
#[derive(Debug, Clone, Copy)]
pub struct Job<'a> {
    /// The image with shakedown as its entry point.
    pub image: &'a str,
    /// How many tasks.
    pub tasks: u16,
    /// The persistent volume claim with the scenarios in its folder `suite`, and a folder `results` to write to.
    pub claim: &'a str,
    /// What of the suite runs, in the words of `shakedown suite`.
    pub choice: &'a [String],
}

/// The manifest, as YAML. Each job has a folder of its own for its reports: one that an earlier job left is no report of this one.
///
/// A task that ends with 0, 1 or 3 has written its report, so that running it again would say the same; only one that was
/// killed is started again. The sandbox inside wants user namespaces: a pod with users of its own (`hostUsers: false`) may
/// have an unmasked `/proc`, and the default seccomp profile forbids what bubblewrap does.
pub fn manifest(job: &Job<'_>) -> Result<String> {
    let Job { image, tasks, claim, choice } = *job;
    let arguments = ["suite".to_owned(), "/suite".to_owned()].into_iter().chain(choice.iter().cloned()).chain(
        ["--partition", "auto", "--quiet", "--format", "json", "--output", "/results/$(SHAKEDOWN_SLOT).json"]
            .map(str::to_owned),
    );
    let job = "metadata.labels['batch.kubernetes.io/controller-uid']";
    let index = "metadata.annotations['batch.kubernetes.io/job-completion-index']";
    let container = json!({
        "name": "shakedown",
        "image": image,
        "args": arguments.collect::<Vec<_>>(),
        "env": [
            { "name": "SHAKEDOWN_SLOT", "valueFrom": { "fieldRef": { "fieldPath": index } } },
            { "name": "SHAKEDOWN_SLOTS", "value": tasks.to_string() },
            { "name": "SHAKEDOWN_JOB", "valueFrom": { "fieldRef": { "fieldPath": job } } },
        ],
        "securityContext": {
            "procMount": "Unmasked",
            "seccompProfile": { "type": "Unconfined" },
        },
        "volumeMounts": [
            { "name": "shared", "mountPath": "/suite", "subPath": "suite", "readOnly": true },
            { "name": "shared", "mountPath": "/results", "subPathExpr": "results/$(SHAKEDOWN_JOB)" },
        ],
    });
    let document = json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": { "name": "shakedown-suite" },
        "spec": {
            "completionMode": "Indexed",
            "completions": tasks,
            "parallelism": tasks,
            "backoffLimitPerIndex": 3,
            "maxFailedIndexes": tasks,
            "podFailurePolicy": {
                "rules": [{
                    "action": "FailIndex",
                    "onExitCodes": { "containerName": "shakedown", "operator": "In", "values": [1, 2, 3] },
                }],
            },
            "template": {
                "spec": {
                    "restartPolicy": "Never",
                    "hostUsers": false,
                    "automountServiceAccountToken": false,
                    "containers": [container],
                    "volumes": [{ "name": "shared", "persistentVolumeClaim": { "claimName": claim } }],
                },
            },
        },
    });
    Ok(serde_yaml_ng::to_string(&document)?)
}
