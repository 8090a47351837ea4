// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Checks of owners and modes. Root may read everything, so what counts is not whether this process may, but whether the owner of the
// data directory may, as whom Footfall runs, and nobody else.
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "doctor/private.h"

#define FILES_TOLD 5 // of those that are wrong; the rest is a number
#define OTHERS (S_IRWXG | S_IRWXO)

static void name_of(uid_t user, char out[64]) {
    const struct passwd *entry = getpwuid(user);
    if (entry) {
        (void)snprintf(out, 64, "%s", entry->pw_name);
    } else {
        (void)snprintf(out, 64, "user %u", (unsigned)user);
    }
}

// True: it can be used.
static bool examine_existing(struct doctor *doctor) {
    char owner[64], me[64];
    if (!S_ISDIR(doctor->about.st_mode)) {
        doctor_tell(doctor, DOCTOR_PERMISSIONS_DATA, DOCTOR_PROBLEM,
                    "Give --data the path of a directory.", "%s is not a directory", doctor->data);
        return false;
    }
    name_of(doctor->about.st_uid, owner);
    name_of(geteuid(), me);
    if (faccessat(AT_FDCWD, doctor->data, R_OK | W_OK | X_OK, AT_EACCESS) != 0) {
        doctor_tell(doctor, DOCTOR_PERMISSIONS_DATA, DOCTOR_PROBLEM,
                    "Run as its owner, or chown -R it to the user that Footfall runs as.",
                    "%s belongs to %s, and %s may not write in it: %s", doctor->data, owner, me,
                    strerror(errno));
        return false;
    }
    if ((doctor->about.st_mode & S_IRWXU) != S_IRWXU) {
        doctor_tell(doctor, DOCTOR_PERMISSIONS_DATA, DOCTOR_PROBLEM, "chmod 0700 it.",
                    "%s has mode %04o: its owner %s may not write in it", doctor->data,
                    (unsigned)(doctor->about.st_mode & 07777), owner);
    } else if ((doctor->about.st_mode & OTHERS) != 0) {
        doctor_tell(doctor, DOCTOR_PERMISSIONS_DATA, DOCTOR_WARNING, "chmod 0700 it.",
                    "%s has mode %04o: others can see what is in it", doctor->data,
                    (unsigned)(doctor->about.st_mode & 07777));
    } else {
        doctor_tell(doctor, DOCTOR_PERMISSIONS_DATA, DOCTOR_OK, "",
                    "%s belongs to %s and can be written", doctor->data, owner);
    }
    return true;
}

static void examine_missing(struct doctor *doctor) {
    char parent[DOCTOR_PATH_MAX];
    struct stat about;
    doctor_existing_parent(doctor->data, parent);
    if (stat(parent, &about) != 0 || !S_ISDIR(about.st_mode) ||
        faccessat(AT_FDCWD, parent, W_OK | X_OK, AT_EACCESS) != 0) {
        doctor_tell(doctor, DOCTOR_PERMISSIONS_DATA, DOCTOR_PROBLEM,
                    "Make the directory for the user that Footfall runs as: install -d -m 0700 -o "
                    "USER DIR.",
                    "%s does not exist, and cannot be made in %s", doctor->data, parent);
        return;
    }
    doctor_tell(doctor, DOCTOR_PERMISSIONS_DATA, DOCTOR_NOTE, "",
                "%s does not exist yet; footfall run makes it", doctor->data);
}

// --- What is in it ------------------------------------------------------------------------------------------------------

// nftw hands no context on. A doctor is one thread's, and a walk ends before the next begins.
static _Thread_local struct doctor *walking;

static int look_at(const char *path, const struct stat *about, int kind, struct FTW *place) {
    struct doctor *doctor = walking;
    bool file = kind == FTW_F;
    bool foreign = about->st_uid != doctor->about.st_uid;
    bool shown = file && (about->st_mode & OTHERS) != 0 && (doctor->about.st_mode & OTHERS) != 0;
    // In a directory that only its owner may enter, modes below matter only for keys that are copied away.
    bool key = file && strcmp(path + place->base, "credentials.json") == 0 &&
               (about->st_mode & OTHERS) != 0;
    if (place->level == 0 || kind == FTW_SL || kind == FTW_NS || !(foreign || shown || key)) {
        return 0;
    }
    if (doctor->files_wrong++ < FILES_TOLD) {
        char owner[64], wanted[64];
        name_of(about->st_uid, owner);
        name_of(doctor->about.st_uid, wanted);
        if (foreign) {
            doctor_tell(
                doctor, DOCTOR_PERMISSIONS_FILES, DOCTOR_PROBLEM,
                "chown -R the data directory to the user that Footfall runs as; something was "
                "run there as another one.",
                "%s belongs to %s, its directory to %s", path, owner, wanted);
        } else {
            doctor_tell(doctor, DOCTOR_PERMISSIONS_FILES, DOCTOR_PROBLEM, "chmod 0600 it.",
                        "%s has mode %04o: others can read it", path,
                        (unsigned)(about->st_mode & 07777));
        }
    }
    return 0;
}

static void examine_files(struct doctor *doctor) {
    doctor->files_wrong = 0;
    walking = doctor;
    int failed = nftw(doctor->data, look_at, 16, FTW_PHYS | FTW_MOUNT);
    walking = NULL;
    if (failed != 0 && errno != ENOENT) { // a running Footfall removes files meanwhile
        doctor_tell(doctor, DOCTOR_PERMISSIONS_FILES, DOCTOR_WARNING, "", "%s cannot be read: %s",
                    doctor->data, strerror(errno));
    } else if (doctor->files_wrong > FILES_TOLD) {
        doctor_tell(doctor, DOCTOR_PERMISSIONS_FILES, DOCTOR_PROBLEM, "",
                    "%u more files in %s are like that", doctor->files_wrong - FILES_TOLD,
                    doctor->data);
    } else if (doctor->files_wrong == 0) {
        doctor_tell(doctor, DOCTOR_PERMISSIONS_FILES, DOCTOR_OK, "",
                    "all files in %s are its owner's alone", doctor->data);
    }
}

static void examine_log_file(struct doctor *doctor) {
    char path[DOCTOR_PATH_MAX];
    struct str name = settings_string(doctor->settings, "logging.access_file");
    if (name.len == 0 || !doctor_path(name, path)) {
        return;
    }
    bool there = access(path, F_OK) == 0;
    char *slash = strrchr(path, '/');
    if (!there && slash) {
        slash[slash == path ? 1 : 0] = '\0';
    } else if (!there) {
        (void)snprintf(path, sizeof path, ".");
    }
    bool fine = faccessat(AT_FDCWD, path, there ? W_OK : W_OK | X_OK, AT_EACCESS) == 0;
    doctor_tell(doctor, DOCTOR_PERMISSIONS_LOGS, fine ? DOCTOR_OK : DOCTOR_PROBLEM,
                fine ? "" : "Make the directory for the user that Footfall runs as.",
                fine ? "logging.access_file %.*s can be written"
                     : "logging.access_file %.*s cannot be written",
                STR_ARG(name));
}

void doctor_examine_permissions(struct doctor *doctor) {
    if (!doctor->exists) {
        examine_missing(doctor);
    } else if (examine_existing(doctor)) {
        examine_files(doctor);
    }
    examine_log_file(doctor);
}
