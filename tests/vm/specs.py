# SPDX-License-Identifier: Apache-2.0
"""What a guest needs to make the containers that Docker would make: the image, its baseline, and for each set of options the OCI
runtime specification that Docker itself wrote for them, with what is of one container or of this machine taken out."""
import glob
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
import swlib as sw  # pylint: disable=wrong-import-position

# where a Docker daemon keeps the bundles of what runs: with a containerd of its own, and with the system's
BUNDLES = ("/run/docker/containerd/daemon/io.containerd.runtime.v2.task/moby/%s/config.json",
           "/run/containerd/io.containerd.runtime.v2.task/moby/%s/config.json")


def running_spec(name):
    container = json.loads(sw.must("docker", "inspect", name).stdout)[0]
    for pattern in BUNDLES:
        for path in glob.glob(pattern % container["Id"]):
            return container, json.loads(pathlib.Path(path).read_text())
    raise sw.Failed("Docker's specification of a container is in none of: %s" % " ".join(BUNDLES))


def general(container, spec):
    """The specification without the container: its arguments, files, cgroup and root come from who runs it."""
    spec["hooks"] = {}  # they wire the network, which is none
    spec["process"]["env"] = [e for e in spec["process"]["env"] if not e.startswith("HOSTNAME=")]
    spec["mounts"] = [m for m in spec["mounts"] if container["Id"] not in m["source"]]
    kinds = [n["type"] for n in spec["linux"]["namespaces"]]
    if "cgroup" not in kinds:  # Docker's default where there is no v1 hierarchy, as in the guests
        spec["linux"]["namespaces"].append({"type": "cgroup"})
    for key in ("cgroupsPath", "mountLabel"):
        spec["linux"].pop(key, None)
    for key in ("root", "hostname"):
        spec.pop(key)
    return spec


def of_options(image, options, name):
    """Docker's specification for these options of docker run."""
    try:
        sw.start_container(name, image, ["/bin/sleep", "600"], options)
        return general(*running_spec(name))
    finally:
        sw.remove_container(name)


def put_image(image, folder):
    """The image for a guest: its only layer as FOLDER/image.tar, its configuration as FOLDER/image.json."""
    (folder / "image.tar").write_bytes(sw.service_tar().bytes())
    config = json.loads(sw.must("docker", "image", "inspect", image).stdout)[0]
    sw.check(len(config["RootFS"]["Layers"]) == 1, "%s has not one layer" % image)
    (folder / "image.json").write_text(json.dumps({"Id": config["Id"], "Ref": image, "Config": config["Config"]}))


def put_job(rows, docker_options, folder):
    """All that deeds.py needs for these rows (name, options and command of each), into a folder that is made."""
    folder.mkdir(parents=True)
    image = sw.service_image()
    put_image(image, folder)
    sw.make_baseline(image, folder)
    sets = sorted({row["options"] for row in rows})
    specs = {name: of_options(image, docker_options(name), sw.container_name("spec " + name)) for name in sets}
    job = {"stigwatch": str(pathlib.Path(sw.STIGWATCH).resolve()), "label": "sw-evasions=1", "limit": sw.DEADLINE,
           "rows": rows, "specs": specs}
    (folder / "job.json").write_text(json.dumps(job))
