#include "base/file.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int file_fail(struct lt_error *reterr, const char *path, const char *what)
{
    const int code = errno;
    return lt_fail(reterr, LT_ERR_FATAL, "file", code, "%s '%s': %s", what, path, strerror(code));
}

static int
read_all(int fd, const char *path, size_t max, struct lt_buf *buf, struct lt_error *reterr)
{
    for (;;) {
        const ssize_t n = read(fd, lt_buf_grow(buf, 65536), 65536);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return file_fail(reterr, path, "cannot read");
        if (n == 0)
            return 0;
        buf->len += (size_t)n;
        if (buf->len > max)
            return lt_fail(reterr, LT_ERR_FATAL, "file", EFBIG, "'%s' is longer than %zu bytes",
                           path, max);
    }
}

int lt_file_read(const char *path, size_t max_bytes, struct lt_buf *buf, struct lt_error *reterr)
{
    lt_buf_clear(buf);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return file_fail(reterr, path, "cannot open");
    struct stat st;
    int rc;
    if (fstat(fd, &st))
        rc = file_fail(reterr, path, "cannot look at");
    else if (!S_ISREG(st.st_mode))
        rc = lt_fail(reterr, LT_ERR_FATAL, "file", 0, "'%s' is not a regular file", path);
    else
        rc = read_all(fd, path, max_bytes, buf, reterr);
    close(fd);
    return rc;
}

static int write_all(int fd, struct lt_bytes data)
{
    while (data.len) {
        const ssize_t n = write(fd, data.data, data.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        data.data += n;
        data.len -= (size_t)n;
    }
    return fsync(fd);
}

int lt_file_replace(const char *path, struct lt_bytes data, int mode, struct lt_error *reterr)
{
    LT_CLEANUP(lt_freep) char *temporary = lt_printf("%s.tmp", path);
    unlink(temporary);
    const int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return file_fail(reterr, temporary, "cannot create");
    const int written = write_all(fd, data);
    const int closed = close(fd);
    if (written || closed) {
        file_fail(reterr, temporary, "cannot write");
        unlink(temporary);
        return -1;
    }
    if (rename(temporary, path))
        return file_fail(reterr, path, "cannot replace");
    return 0;
}

int lt_file_append(const char *path, struct lt_bytes data, int mode, struct lt_error *reterr)
{
    const int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, mode);
    if (fd < 0)
        return file_fail(reterr, path, "cannot open");
    const int rc = write_all(fd, data) ? file_fail(reterr, path, "cannot write") : 0;
    close(fd);
    return rc;
}

int lt_file_cut(const char *path, size_t size, struct lt_error *reterr)
{
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return file_fail(reterr, path, "cannot open");
    const int rc =
        ftruncate(fd, (off_t)size) || fsync(fd) ? file_fail(reterr, path, "cannot cut") : 0;
    close(fd);
    return rc;
}

int lt_dir_make(const char *path, int mode, struct lt_error *reterr)
{
    LT_CLEANUP(lt_freep) char *copy = lt_strdup(path);
    for (char *slash = strchr(copy + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash)
            *slash = '\0';
        if (mkdir(copy, (mode_t)mode) && errno != EEXIST)
            return file_fail(reterr, copy, "cannot make directory");
        if (!slash)
            return 0;
        *slash = '/';
    }
}
