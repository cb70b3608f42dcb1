import { test } from "vitest";
import { TimePair } from "./time/pair.js";
test("x", () => {
 const points=["start","stop","message","preempt","wake","tick","decide","spent"] as const;
 const pair = new TimePair({by:"microbill",clock:{kind:"exact"},points,advance:null,tick:16000,quantum:16000,partitions:{slots:8,freeTime:"priority",bankruptcy:"cancel"}}, {release:{}});
 pair.createPartition(5,0,13,0);pair.createPartition(181,7,0,0);pair.createPartition(1000,0,0,41467);
 pair.createDomain(994,{run:[7,11],wait:[0,0],every:3809,phase:3,times:0},{partition:29,priority:122,isFifo:false,isCritical:true});
 pair.createDomain(998,{run:[6,12],wait:[0,0],every:12,phase:2,times:18},{partition:0,priority:10,isFifo:false,isCritical:true});
 pair.createDomain(219,{run:[11,18],wait:[24824,24839],every:0,phase:0,times:0},{partition:3,priority:255,isFifo:false,isCritical:true});
 pair.run(0);
 for (let i=0;i<6891;i+=50){ pair.run(50); const m=pair.model; console.log(m.time, m.biller.occupant?.name, m.domains.map(d=>d.consumed+"/"+d.ran).join(" "), pair.sides[0]!.domains.map(d=>d.consumed+"/"+d.ran).join(" "));
 if(i>600)break;}
 console.log(pair.model.trace.join("\n"));
});
