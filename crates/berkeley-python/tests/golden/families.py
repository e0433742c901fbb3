"""Families that this kernel may lack, on a socket that is told it is of them; items that misbehave."""

import _socket


def case(label, call, *arguments):
    try:
        result = repr(call(*arguments))
    except Exception as error:
        result = f"{type(error).__name__} {error.args!r}"
    shown = label if any("object at" in repr(a) for a in arguments) else f"{label} {arguments!r}"
    print(shown[:160], result)


base=_socket.socket(2,2)
class I:
    def __init__(s,v): s.v=v
    def __index__(s): return s.v
class Bad:
    def __index__(s): raise OverflowError("mine")
class S(str): pass
class T(tuple): pass
A={(29,1):[("lo",),("",),("x"*16,),("nosuch",),(b"lo",),(1,),("lo",1),"lo",("a\0",)],
 (29,2):[("lo",)],(29,6):[("lo",1,2),("",2**40,-1),("lo",1),"lo",("lo","x",1),(1,1,1)],(29,7):[("lo",1,2,3),("",2**64,2**33,300),("lo",1),["lo"],("lo",1,2,"x")],(29,3):[("lo",)],
 (38,0):[("hash","sha256"),("",""),("hash","x",2**17,3),("x"*14,"a"),("x","a"*64),("a\0","b"),(1,2),["a","b"],("hash","x",1,2,3),("é","ü"),("hash","x","y")],
 (30,0):[(1,2,3,4),(2,1,1,1),(3,1,1,1),(1,2,3,4,5),(9,9,9,9),(1,2,3),"x",(1,2,3,"x"),(1,-1,2**33,0,300)],
 (42,0):[(1,2),(1,),"x",[1,2],("a",2),(-1,2**40)],(21,0):[("127.0.0.1",9),("127.0.0.1",),"x",("",0),(1,2)],
 (31,0):[("11:22:33:44:55:66",1),("1:2:3:4:5:6",65537),("11:22:33:44:55",1),("11:22:33:44:55:1ff",1),"x",("x",1),(1,2),(" 1:0x2:+3:4:5:6",1),("1:2:3:4:5:6x",1)],
 (31,3):[("11:22:33:44:55:66",1),("11:22:33:44:55:66",300),("x",),5],(31,1):[(1,),(2**16+1,),1,(1,2),"x"],(31,2):[b"11:22:33:44:55:66","11:22:33:44:55:66",b"x",b"1:2:3:4:5:6\0a",5],(31,9):[(1,)],
 (99,0):[(1,),"x"],(2,0):[(S("127.0.0.1"),9),(S(""),9),(S("localhost"),9),T(("127.0.0.1",9)),("127.0.0.1",I(9)),("127.0.0.1",Bad()),("x"*64,9),("localhost",9),("::1",9),(b"localhost",9),("127.0.0.1",I(70000))],
 (10,0):[("localhost",9),("<broadcast>",9),("255.255.255.255",9),("::1%lo",9),("fe80::1%lo",9,0,1),("::",9,I(7),I(1)),("::1",Bad()),("::1",9,Bad()),T(("::1",9)),("127.0.0.1",9)],
 (17,0):[("lo",0,0,0,b"x"),("lo",Bad()),("lo",0,-1,-1,bytearray(b"12345678")),("é",0)],(16,0):[(Bad(),0),(I(3),I(4))],(40,0):[(I(1),2)],
}
for (f,p),l in A.items():
    s=_socket.socket(f,2,p,fileno=_socket.dup(base.fileno()))
    s.settimeout(0)
    for a in l:
        for m in ("bind","connect","connect_ex"): case(f"{f},{p}.{m}",getattr(s,m),a)
        case(f"{f},{p}.sendto",s.sendto,b"x",a)
    for m in ("getsockname","getpeername"): 
        try: r=getattr(s,m)(); print(f,p,m,type(r).__name__)
        except BaseException as e: print(f,p,m,type(e).__name__,e.args)
    case(f"{f},{p}.recvfrom",s.recvfrom,3); case(f"{f},{p}._accept",s._accept); case(f"{f},{p}.recvfrom_into",s.recvfrom_into,bytearray(3))
for h in (3,-1,2**40,"x",None,1.0,0,1,2):
    s=_socket.socket(2,1); case("shutdown",s.shutdown,h); s.close(); case("shutdown closed",s.shutdown,h)
for a in ((),(1,),(-5,),(2**40,),("x",),(1,2),(None,),(True,)):
    s=_socket.socket(2,1); case("listen",s.listen,*a); s.close(); case("listen closed",s.listen,*a)

class Closes:
    """An item that closes the socket while its address is read."""
    def __init__(self, socket): self.socket = socket
    def __index__(self): self.socket.close(); return 9
for m in ("bind","connect","connect_ex"):
    s=_socket.socket(2,2); case(m+" closed meanwhile",lambda a: getattr(s,m)(a) if True else None,("127.0.0.1",Closes(s))); print(s.fileno())
s=_socket.socket(2,2); case("sendto closed meanwhile",lambda: s.sendto(b"x",("127.0.0.1",Closes(s))))
base.close()
