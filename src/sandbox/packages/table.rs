//! The table itself: everything that Nixpacks adds to a Python plan by itself, and what people list most.

use super::Package;

const NONE: Package = Package::NONE;

/// One row a package.
pub const PACKAGES: &[Package] = &[
    Package {
        attributes: &["zlib", "zlib.dev"],
        libraries: &["libz.so.1"],
        headers: &["zlib.h", "zconf.h"],
        link: &["z"],
        pkg_config: &["zlib"],
        ..NONE
    },
    Package {
        attributes: &["stdenv.cc.cc.lib", "stdenv.cc.cc", "gcc-unwrapped.lib", "gcc.cc.lib", "libgcc"],
        libraries: &[
            "libstdc++.so.6",
            "libgcc_s.so.1",
            "libgomp.so.1",
            "libatomic.so.1",
            "libquadmath.so.0",
            "libgfortran.so.5",
        ],
        ..NONE
    },
    Package {
        attributes: &["libGL", "libglvnd", "mesa", "libGL.out"],
        libraries: &[
            "libGL.so.1",
            "libEGL.so.1",
            "libGLX.so.0",
            "libGLdispatch.so.0",
            "libOpenGL.so.0",
            "libGLESv2.so.2",
        ],
        headers: &["GL", "EGL", "KHR"],
        link: &["GL", "EGL"],
        pkg_config: &["gl", "egl"],
        ..NONE
    },
    Package {
        attributes: &["glib", "glib.out", "glib.dev"],
        libraries: &[
            "libglib-2.0.so.0",
            "libgobject-2.0.so.0",
            "libgio-2.0.so.0",
            "libgmodule-2.0.so.0",
            "libgthread-2.0.so.0",
        ],
        headers: &["glib-2.0"],
        link: &["glib-2.0", "gobject-2.0"],
        pkg_config: &["glib-2.0", "gobject-2.0"],
        ..NONE
    },
];
