package fsx

import "golang.org/x/sys/unix"

// networks are file systems that several machines may have mounted, by statfs's f_type
// (statfs(2), and the sources of those that it does not list). FUSE's may be local; one
// cannot tell.
var networks = map[uint32]string{
	0x6969:     "NFS",
	0x517b:     "SMB",
	0xff534d42: "SMB",
	0xfe534d42: "SMB",
	0x0bd00bd0: "Lustre",
	0x47504653: "GPFS",
	0x19830326: "BeeGFS",
	0x00c36400: "Ceph",
	0x65735546: "FUSE",
	0x01021997: "9P",
	0x5346414f: "AFS",
	0x20030528: "OrangeFS",
	0x01161970: "GFS2",
	0x7461636f: "OCFS2",
	0x786f4256: "VirtualBox's shared folders",
	0xbacbacbc: "VMware's shared folders",
}

// Network names the network file system that a folder is on; "" for a local one, or one
// that is not known.
func Network(dir string) (string, error) {
	var st unix.Statfs_t
	for {
		err := unix.Statfs(dir, &st)
		if err == nil {
			return networks[uint32(st.Type)], nil
		}
		if err != unix.EINTR {
			return "", err
		}
	}
}
