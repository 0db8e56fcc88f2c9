package control

import (
	"errors"
	"net"

	"golang.org/x/sys/unix"
)

// peer returns the user at the other end of a connection.
func peer(c *net.UnixConn) (uid int, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	var cred *unix.Ucred
	var sys error
	err = raw.Control(func(fd uintptr) { cred, sys = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) })
	if err != nil || sys != nil {
		return 0, errors.Join(err, sys)
	}
	return int(cred.Uid), nil
}
