# What this machine has to make packages from. The base image carries a copy with the answers written in.
let
  inherit (builtins) attrNames compareVersions concatMap filter getEnv head listToAttrs map match pathExists readDir replaceStrings sort;

  named = name: if getEnv name == "" then [ ] else [ (getEnv name) ];
  folders = filter pathExists
    (named "PYTHONS" ++ map (root: "${root}/versions") (named "PYENV_ROOT") ++ map (home: "${home}/.pyenv/versions") (named "HOME"));

  oldest_first = sort (a: b: compareVersions a b < 0);

  # Prefixes named by version; nixpkgs has dropped those before 3.7, 2.7 apart.
  kept = folder:
    let versions = filter (name: match "(2\\.7|3\\.([7-9]|1[0-9]))\\.[0-9]+" name != null) (attrNames (readDir folder));
    in map (version: { inherit version; prefix = "${folder}/${version}"; }) (oldest_first versions);

  distribution =
    let programs = filter (name: match "python3\\.[0-9]+" name != null) (attrNames (readDir "/usr/bin"));
    in map (name: { prefix = "/usr"; version = replaceStrings [ "python" ] [ "" ] name + ".0"; }) programs;
in
{
  # CPythons, oldest first: a folder of them, else the distribution's own.
  pythons = if folders == [ ] then distribution else kept (head folders);
  # Folders that hold a `usr`, best first.
  roots = [ "" ];
  # What pip needs to reach an index from here.
  access =
    let names = [ "PIP_CERT" "PIP_INDEX_URL" "PIP_EXTRA_INDEX_URL" "http_proxy" "https_proxy" "no_proxy" ];
    in listToAttrs (concatMap (name: map (value: { inherit name value; }) (named name)) names);
  multiarch = "${head (builtins.split "-" builtins.currentSystem)}-linux-gnu";
}
