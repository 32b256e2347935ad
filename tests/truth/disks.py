"""Small file systems for the parts, so that a disk can be filled.  Without the privilege to mount there
are none, and faults that need one are not shown to have happened."""

import os
import subprocess

SIZE = "8G"  # sparse; a source of long histories, with a standby beside it, takes more than 3
NO_PRIVILEGE = "no privilege to mount a disk of its own"


def mount(directory):
    """A file system of its own in `directory`, kept in a file beside it; False: not allowed."""
    os.makedirs(directory)
    image = directory + ".disk"
    try:
        command("truncate", "-s", SIZE, image)
        command("mkfs.ext4", "-q", "-m", "0", image)
        command("mount", "-o", "loop", image, directory)
        os.rmdir(os.path.join(directory, "lost+found"))
        return True
    except (OSError, subprocess.CalledProcessError):
        return False


def unmount(directory):
    """What was on it stays in the image."""
    if os.path.ismount(directory):
        command("umount", "-l", directory)


def command(*arguments):
    subprocess.run(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)


def free(directory):
    found = os.statvfs(directory)
    return found.f_bavail * found.f_frsize


def fill(directory):
    """Takes every block that is left; gives the file that must be removed again."""
    path = os.path.join(directory, "filler")
    with open(path, "wb") as file:
        try:
            while True:
                os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size,
                                   max(4096, free(directory)))
        except OSError:
            return path


def used(directory):
    """Bytes on disk below a directory."""
    done = subprocess.run(["du", "-s", "--block-size=1", directory], stdout=subprocess.PIPE,
                          text=True, check=True)
    return int(done.stdout.split()[0])
