/*
 * test/mock/server.py as a child of the test.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "ksr_stub.h"
#include "mock_stub.h"

static char folder[] = "/tmp/e911_mock_XXXXXX";
static char ports[512];
static int server_in = -1;
static pid_t server;

static int read_ports(int fd)
{
	ssize_t n = 0, got = 0;

	while(n < (ssize_t)sizeof(ports) - 1 && !strchr(ports, '}')
			&& (got = read(fd, ports + n, sizeof(ports) - 1 - n)) > 0)
		n += got;
	close(fd);
	return strchr(ports, '}') ? 0 : -1;
}

int mock_start(void)
{
	int in[2], out[2];

	if(mkdtemp(folder) == NULL || pipe(in) || pipe(out))
		return -1;
	server = fork();
	if(server == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		execl("/usr/bin/python3", "python3", "mock/server.py", folder,
				(char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	server_in = in[1];
	return read_ports(out[0]);
}

int mock_stop(void)
{
	char command[64];

	close(server_in);
	waitpid(server, NULL, 0);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

int mock_port(const char *name)
{
	char key[32];
	char *at;

	snprintf(key, sizeof(key), "\"%s\": ", name);
	at = strstr(ports, key);
	assert_non_null(at);
	return atoi(at + strlen(key));
}

static int is_plain(const char *name)
{
	return strcmp(name, "http") == 0 || strcmp(name, "deaf") == 0;
}

const char *mock_url(const char *name, const char *host, const char *path)
{
	static char mem[8][256];
	static int i;

	i = (i + 1) % 8;
	snprintf(mem[i], sizeof(mem[i]), "%s://%s:%d%s",
			is_plain(name) ? "http" : "https", host, mock_port(name), path);
	return mem[i];
}

const char *mock_file(const char *name)
{
	static char mem[4][128];
	static int i;

	i = (i + 1) % 4;
	snprintf(mem[i], sizeof(mem[i]), "%s/%s", folder, name);
	return mem[i];
}
